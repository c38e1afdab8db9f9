"""`hubspot-async demo`: the main job from end to end, and whether what came back is what went in."""
