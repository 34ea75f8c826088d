"""Provider accounts: opened, set up, tested, and what they keep at the vendor."""
