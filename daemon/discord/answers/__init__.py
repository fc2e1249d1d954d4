"""What commands and buttons answer: trio coroutines from a caller and options to a reply."""
