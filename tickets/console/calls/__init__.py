"""The hotline in the console: who rings, the call form, calls and calls that we owe. Source: Y08, K08, K09"""
