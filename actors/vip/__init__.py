"""VIP threads: a private Discord thread for a member, bridged to a desk on Telegram."""
