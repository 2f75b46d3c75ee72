"""A library in Milvus: binary vectors, Hamming, exact; see docs/milvus.md."""
