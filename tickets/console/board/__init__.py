"""The community as those who answer and keep order see it. Source: Y04, K01"""
