"""The gift-code half: pollers find codes, the campaign derives what is owed, redeemers pay it."""
