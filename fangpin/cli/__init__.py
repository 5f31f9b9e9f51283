"""The command line (命令行): one command is one operation; words to the user are Chinese."""
