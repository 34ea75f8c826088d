"""What pages and notices say about it: figures, timelines, health."""
