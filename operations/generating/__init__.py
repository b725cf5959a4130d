"""Made-up subscribers in any number, always the same ones, as the files of other systems would say them."""
