"""Performing exchanges: the only floor that knows aiohttp."""
