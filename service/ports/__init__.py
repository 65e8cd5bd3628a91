"""What use cases need from the outside, as Protocols; adapters keep them."""
