"""The help centre: what customers look up by themselves. Source: Y01–Y03, K01, K14"""
