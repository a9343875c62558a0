"""Chat adapters: each turns one chat network into places, messages and events."""
