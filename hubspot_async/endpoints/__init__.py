"""HubSpot's calls as typed coroutines: each builds a request and promises a model."""
