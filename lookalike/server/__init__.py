"""A library over HTTP: the REST interface and the web page. Takes the extra ``server``."""
