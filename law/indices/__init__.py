"""The Taizhou indices of honest metrology for scenic areas and street blocks."""
