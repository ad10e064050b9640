"""Watches the locks of an image that somebody else wrote: who takes which, for how long, from where."""
