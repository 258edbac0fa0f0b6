"""A Django application on the legacy schemas of smartwatt and smarthydro."""
