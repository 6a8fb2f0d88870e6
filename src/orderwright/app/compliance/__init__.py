"""Users, KYC sessions, and money on its way in and out: what people may ask of them, and what follows."""
