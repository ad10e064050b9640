"""The host side of hartlock: from a command line to results/ and a table."""
