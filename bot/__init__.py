"""The Threadline program: the core that knows no forum and no chat by name."""

__version__ = "0.1.0"
