"""The screens and the machine endpoints. The only place that knows HTTP and HTML."""
