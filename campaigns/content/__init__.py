"""How content is read, checked and escaped: the inside of `campaigns.rendering` and `campaigns.email`. Pure."""
