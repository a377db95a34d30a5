"""Names of people who do not exist, from many places, their cohorts, and what they wish to learn."""

from __future__ import annotations

SENIORS = (
    "Amara Okonkwo",
    "Henrik Lindqvist",
    "Priya Raghunathan",
    "Mateo Villalobos",
    "Siobhán Gallagher",
    "Yusuf Demirci",
    "Ingrid Haugland",
    "Winston Achebe-Clarke",
    "Mei-Ling Cheung",
    "Rosalind Pemberton",
    "Darnell Whitfield",
    "Noa Ben-Ami",
)

ADMIN = "Robin Achterberg"

JUNIORS = (
    "Aaliyah Bashir", "Abel Tesfaye-Moore", "Adaeze Nwosu", "Aiko Morishita", "Alba Serrano",
    "Aleksander Wójcik", "Alice Thornbury", "Amir Golzari", "Anaïs Lefort", "Anders Bjerke",
    "Anjali Menon", "Anouk Vermeulen", "Arturo Benavides", "Asha Warsame", "Astrid Nygaard",
    "Ayodele Fashola", "Bahar Yıldız", "Beatriz Falcão", "Ben Hathaway", "Bilal Chaudhry",
    "Bronwen Prosser", "Caleb Osei", "Camila Ortega", "Catriona MacInnes", "Chiara Bellandi", "Chidi Eze",
    "Chloé Marchand", "Ciarán Doyle", "Clara Hoffmeister", "Dalia Haddad", "Daniel Ferreira",
    "Davina Sturrock", "Deepak Iyer", "Dimitra Kalogirou", "Dmitri Vasilenko", "Ebony Carrington",
    "Eilidh Kerr", "Elif Aksoy", "Emeka Obi", "Emre Tekin", "Esther Goldwasser", "Ewan Rutherford",
    "Farah Siddiqui", "Fatou Diallo", "Felix Brandstätter", "Finn O'Sullivan", "Gabriela Núñez",
    "Giorgos Pappas", "Grace Mutasa", "Gwen Llewellyn", "Hana Kovářová", "Haruto Ishikawa", "Hye-jin Bae",
    "Ibrahim Toure", "Imogen Fairweather", "Isaac Boateng", "Isla Drummond", "Jaya Krishnan",
    "Jelena Marković", "Jin-woo Seo", "João Teixeira", "Joel Abrahams", "Kai Nakoa", "Karolina Zielińska",
    "Katya Morozova", "Kemi Adeyemi", "Kiri Parata", "Kofi Asante", "Lakshmi Pillai", "Lars Vestergaard",
    "Layla Mansour", "Leila Farrokhzad", "Liam Cartwright", "Linh Trần", "Lucía Paredes",
    "Lukas Steinbacher", "Malik Jefferson", "Manon Deschamps", "Maya Sutherland", "Miguel Cordero",
    "Mina Park", "Mohammed Al-Rashid", "Nadia Petrescu", "Naledi Dlamini", "Niamh Fitzgerald",
    "Nikhil Deshmukh", "Noor van Dijk", "Olamide Bankole", "Oskar Lundgren", "Paloma Reyes", "Pavel Horák",
    "Quentin Moreau", "Rafael Monteiro", "Rania Khoury", "Rhys Cadwallader", "Rina Takahashi",
    "Ruth Oyelaran", "Saoirse Brennan", "Selam Gebre", "Simone Carvalho", "Sofía Arriaga",
    "Tariq Aziz-Brown", "Thandiwe Mokoena", "Tomasz Krawiec", "Uma Balakrishnan", "Valentina Russo",
    "Xin Yi Goh", "Zara Hussain",
)  # fmt: skip

COHORTS = ("spring", "summer", "autumn")

TEAMS = ("Analysis", "Design", "Delivery", "Research")

TOPICS = (
    "writing", "estimating", "presenting", "negotiating", "clients", "pricing", "research", "databases",
    "statistics", "leading",
)  # fmt: skip
