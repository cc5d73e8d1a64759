"""The demo site: what a catalogue about running AI models at home is made of."""
