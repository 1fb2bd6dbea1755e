"""Evolution strategies, of controllers and of spiking networks."""
