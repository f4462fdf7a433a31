"""What people look up by themselves: how it is cut into tokens, found, shown and learned."""
