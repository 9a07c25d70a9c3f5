"""A small speech-to-text service on the extension s2t."""
