"""What HubSpot does in the background: exports, imports, file imports, folder updates."""
