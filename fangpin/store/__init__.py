"""What is kept: the office store (what people did), the warehouse (batches and runs) and the originals."""
