"""What commands answer: trio coroutines from a caller and options to a reply. They know nothing of Discord's library."""
