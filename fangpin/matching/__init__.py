"""Links delivered rows to registered persons (匹配). Floor 2: frames in, frames out; reads no file, writes none."""
