"""Every write of tickets: one function a mutation, the same for console, portal, API and channels."""
