"""Boots Debian's Linux with a program that makes its locks busy."""
