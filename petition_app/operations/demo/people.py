"""The people of the demo: none of them exists. Names are given names and invented surnames, drawn by a fixed seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Region:
    """Where some of the signers live: how often (in a hundred), in which language, with what names and codes.

    In `postal`, # is a digit and @ a capital letter.
    """

    country: str
    locale: str
    share: int
    given: tuple[str, ...]
    surnames: tuple[str, ...]
    postal: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """A made-up signer."""

    given_name: str
    surname: str
    postal_code: str
    country: str
    locale: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


FRENCH_GIVEN = _words(
    "Aïcha Amélie Anaïs Anne-Sophie Aurélien Baptiste Béatrice Bérénice Camille Cécile Chloé Clémence Côme Denis Élise "
    "Émile Étienne Fanny Félix Gaëlle Gérard Hélène Hugo Inès Jean-Baptiste Jeanne Joël Joséphine Julien Karim Léa "
    "Léonie Loïc Lucie Maëlys Mamadou Marie-Thérèse Marion Mathéo Maxime Mehdi Mélanie Michèle Naïma Noël Océane Odile "
    "Pascale Paul-Émile Renée Rokia Romain Sabrina Samir Sélène Séverine Sylvain Théo Thérèse Titouan Valérie Violaine "
    "Xavier Yaëlle Yann Yvonne Zoé"
)
FRENCH_SURNAMES = _words(
    "Aubeclaire Beaurivage-Lacombe Belleprairie Boisgivré Brumeval Champfleury Chantelune Chèvrefeuille-Duval "
    "Clairebise Coquelicot d’Aubépine d’Entre-les-Eaux de_La_Roche-Bleue de_Montfrileux_de_la_Houssaye-Vermeille "
    "Deschouettes Égrillon Feuillemorte Fontvieillard Grandvarech Grivemont Gué-l’Abbé Hautbruyère Îlefroide "
    "L’Hirondelle Le_Goélec-Kerbrume Loupiotte Malverdure Mirabellier Noisebelle Ormeclair Pâquerot Pierrelongue "
    "Pluvinel-Dorée Quatrevents Rivebrune Rougegorge Sablonnet Sauvagine Taillepré Tournebrise Valdoré Vertefeuille "
    "Vieuxpont-Larivière Zéphirine"
)

REGIONS = (
    Region("FR", "fr", 58, FRENCH_GIVEN, FRENCH_SURNAMES, ("75011", "69007", "13005", "29200", "35000", "67000")),
    Region("FR", "fr", 8, FRENCH_GIVEN, FRENCH_SURNAMES, ("97411", "59###", "31###", "44###", "38###", "33###")),
    Region(
        "BE", "fr", 5, FRENCH_GIVEN, ("Vandenbrume", "Delhaiegrise", "Peeterslaer", "Noirchênois"), ("1###", "4###")
    ),
    Region("CH", "fr", 3, FRENCH_GIVEN, ("Rochebrasse", "Cuendoz", "Alpinelli"), ("12##", "10##")),
    Region(
        "CA", "fr", 4, FRENCH_GIVEN, ("Lavoieclaire", "Neigeblanche-Tremblin", "St-Amourette"), ("H2X 1Y4", "G1R 2B5")
    ),
    Region(
        "GB",
        "en",
        5,
        _words("Aoife Beatrix Callum Dilys Gwendolyn Isla Rhys Siân Tamsin Wilfred"),
        _words(
            "Applethwaite-Moss Brambleholt Fernsby Harrowmere Larkfield O’Thistlewood Pennyfeather-Quill Wetherlamb"
        ),
        ("LS2 9JT", "EH1 1YZ", "CF10 3NP", "BS1 4ST"),
    ),
    Region(
        "IE",
        "en",
        2,
        _words("Ciarán Niamh Róisín Seán"),
        _words("Mac_an_Fhraoigh O’Marrowbrook Ní_Dhuilleog"),
        ("D02 X285", "T12 W8KP"),
    ),
    Region(
        "DE",
        "en",
        4,
        _words("Annegret Björn Günther Jürgen Käthe Sören Ursel"),
        _words("Grünwiesenthal Müllerskamp-Lüderitzau Schönebirke Straußenfels Überacker Vogelweidenhain"),
        ("10###", "20###", "50###"),
    ),
    Region(
        "ES",
        "en",
        3,
        _words("Begoña Iñaki Íñigo Nuria Xoán"),
        _words("Peñablanca_Riofuente Montealegre_de_la_Encina Olmosanto Zarzamora-Ibáñera"),
        ("28###", "08###"),
    ),
    Region(
        "GR",
        "en",
        3,
        _words("Ελένη Θεοδώρα Νικόλαος Παναγιώτης Χρυσούλα"),
        _words("Ανεμώνης Θαλασσινούδη Λιμανάκης Πευκοδάσης Ηλιοτροπίου"),
        ("104 ##", "546 ##"),
    ),
    Region(
        "MA",
        "fr",
        3,
        _words("ليلى يوسف سلمى إدريس نور_الهدى"),
        _words("البستاني_الأطلسي نخلاوي ياسميني الوردي_الجبلي"),
        ("20###", "40###"),
    ),
    Region(
        "PL",
        "en",
        1,
        _words("Żaneta Łucja Grzegorz"),
        _words("Śnieżnicka-Źródlana Brzęczykłąkowski"),
        ("00-###", "30-###"),
    ),
    Region("VN", "en", 1, _words("Thị_Hồng Ngọc_Ánh"), _words("Nguyễnsen Trầnhoa"), ("######",)),
)


SHARES = [region.share for region in REGIONS]


def people(count: int, random: Random) -> list[Person]:
    """So many made-up people, no two of the same name."""
    found: dict[tuple[str, str], Person] = {}
    while len(found) < count:
        person = anybody(random)
        found.setdefault((person.given_name, person.surname), person)
    return list(found.values())


def anybody(random: Random) -> Person:
    """A made-up person from one of the regions, as often as its share."""
    region = random.choices(REGIONS, SHARES)[0]
    code = "".join(_filled(character, random) for character in random.choice(region.postal))
    return Person(random.choice(region.given), random.choice(region.surnames), code, region.country, region.locale)


def _filled(character: str, random: Random) -> str:
    if character == "#":
        return random.choice("0123456789")
    return random.choice("ABCEHJKLMNPRSTVXY") if character == "@" else character


COMMENTS = {
    "fr": (
        "Mon dossier raconte ma vie. Je veux choisir qui la lit.",
        "Infirmière depuis vingt ans : nous promettons le secret à nos patients, tenons parole.",
        "Oui à la recherche, non à la vente.",
        "Pourquoi n’a-t-on rien demandé à personne ?",
        "Je signe pour mes enfants, qui n’ont rien demandé non plus.",
        "Un débat public, c’est le minimum.",
        "Le chiffrement avec la clé à côté, ce n’est pas du chiffrement.",
        "J’ai travaillé dans l’informatique d’un hôpital. On sait faire ici, il faut juste le vouloir.",
        "Trop de décisions se prennent sans nous.",
        "Patient suivi pour une maladie rare, je sais combien quelques lignes suffisent à me reconnaître.",
        "Signé à deux mains.",
        "Je ne suis pas contre le progrès, je suis contre la précipitation.",
        "Merci d’avoir expliqué tout cela simplement.",
        "Nos impôts devraient payer nos serveurs.",
        "Publiez le contrat.",
        "À partager autour de vous, surtout avec celles et ceux que l’informatique ennuie.",
        "Le secret médical a plus de deux mille ans. Il ne s’arrête pas à la porte d’un centre de données.",
        "Et si demain l’assureur demandait à voir ?",
        "Médecin de campagne, je signe.",
        "On nous dit que c’est compliqué. Justement, expliquez-nous.",
        "Ma grand-mère disait : ce qui est gratuit se paie toujours.",
        "La souveraineté commence par savoir où sont rangées les choses.",
        "Bravo pour les demandes : elles sont claires et raisonnables.",
        "Étudiante en santé publique, j’ai besoin de ces données pour travailler. Pas à ce prix.",
        "Que chacun puisse voir qui a ouvert son dossier : cela devrait exister depuis longtemps.",
        "Je signe sans colère mais avec détermination.",
        "Les petites associations ont parfois de grandes idées.",
        "Rien à cacher, mais tout à protéger.",
        "Un contrat public doit pouvoir être lu par le public.",
        "Solidaires depuis Liège.",
        "Depuis Montréal, mêmes questions, mêmes silences.",
        "On confie sa santé à un visage, pas à une marque.",
        "Il y a dans ma ville une salle de serveurs à moitié vide.",
        "Respectez-nous, tout simplement.",
        "Je découvre le sujet grâce à cette page. Merci.",
        "Pharmacienne, je vois passer tout le quartier. Jamais je n’oserais vendre ce que je sais.",
        "Que l’on cesse de confondre moderniser et délocaliser.",
        "Pour une recherche libre, et des patients libres.",
        "Ne laissons pas la clé sur la porte.",
        "Présent.",
        "Fils de soignants, père de soignante : évidemment.",
        "La confiance ne se décrète pas, elle se mérite.",
    ),
    "en": (
        "My record is my life. I want to choose who reads it.",
        "I work in a hospital archive. We know how to do this ourselves.",
        "Yes to research, no to a sale.",
        "Publish the contract first, then let us talk.",
        "The same thing is being planned where I live. Please hold on.",
        "A key left in the door is not a lock.",
        "Thank you for asking in plain words.",
        "It is a question of trust, and trust has to be earned.",
        "As a patient with a rare illness I can be found from three lines of data.",
        "Signed, with greetings from Leeds.",
        "Nothing to hide, much to protect.",
        "Who read my record, and why? A fair question. I should like an answer.",
        "Public money, public servers.",
        "Slowly is fine. Carelessly is not.",
    ),
    "MA": ("صحتنا أمانة، وليست سلعة.", "نعم للبحث العلمي، لا للبيع."),
    "GR": ("Τα ιατρικά μας δεδομένα δεν είναι εμπόρευμα.", "Ναι στην έρευνα, όχι στο ξεπούλημα."),
    "ES": ("Nuestra salud no se vende.",),
    "DE": ("Vertrauen braucht Offenheit. Bitte legt den Vertrag vor.",),
}
