"""The ground floor: distributions, searches and integrals that know nothing of trials."""
