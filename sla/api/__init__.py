"""Business time over HTTP."""
