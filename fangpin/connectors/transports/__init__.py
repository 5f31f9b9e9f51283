"""The ways in: folder, SFTP, HTTP(S), SQL; each lists what lies there and fetches a file whole or not at all."""
