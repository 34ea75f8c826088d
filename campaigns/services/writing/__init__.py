"""What people write before anything leaves: audience, content, checks, plan."""
