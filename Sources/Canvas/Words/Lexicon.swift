/// The words that are known: English, and the commonest of German, French and Spanish.
enum Lexicon {
    /// The meanings of a folded word (lower case, no accents), also in a plain plural; `nil` for a word not known.
    static func meanings(of word: String) -> [Meaning]? {
        if let known = table[word] { return known }
        for ending in ["s", "es", "n", "en", "y"] where word.count > ending.count + 2 && word.hasSuffix(ending) {
            if let known = table[String(word.dropLast(ending.count))] { return known }
        }
        return nil
    }

    private static let table: [String: [Meaning]] = {
        var table: [String: [Meaning]] = [:]
        for (words, meanings) in places + abstracts + times + weathers + things + moods + colours {
            for word in words.split(separator: " ") { table[String(word), default: []] += meanings }
        }
        return table
    }()

    private typealias Entry = (words: String, meanings: [Meaning])

    private static let places: [Entry] = [
        (
            "landscape countryside hill valley pasture farm vineyard tuscany landschaft hugel tal paysage colline paisaje",
            [.style(.landscape, weight: 4)]
        ),
        ("field meadow prairie feld wiese champ campo pradera", [.style(.landscape, weight: 3)]),
        ("village cottage dorf pueblo", [.style(.landscape, weight: 2), .has([.houses, .trees])]),
        ("sea ocean coast bay harbor harbour seascape meer kuste mer oceano mar", [.style(.seascape, weight: 5)]),
        ("beach shore strand plage playa", [.style(.seascape, weight: 5), .has(.beach)]),
        ("island lagoon insel ile isla", [.style(.seascape, weight: 4), .has(.mountains)]),
        ("lake pond fjord see teich lac lago", [.style(.mountains, weight: 3), .has(.water)]),
        ("reflection mirrored spiegelung reflet reflejo", [.has(.water)]),
        ("river creek stream fluss riviere rio", [.style(.landscape, weight: 2), .has(.water)]),
        (
            "forest wood woodland jungle grove pine fir spruce taiga wald foret bosque selva",
            [.style(.forest, weight: 5)]
        ),
        (
            "mountain alps peak summit ridge volcano glacier cliff himalaya berg gebirge alpen gipfel montagne montana sierra",
            [.style(.mountains, weight: 4), .has(.mountains)]
        ),
        (
            "city skyline cityscape town street downtown metropolis tokyo manhattan york skyscraper tower building stadt ville ciudad",
            [.style(.skyline, weight: 5)]
        ),
        ("desert dune sahara sand wuste sable arena canyon mars", [.style(.desert, weight: 5)]),
        ("window fenster fenetre ventana", [.style(.rain, weight: 1), .has(.window)]),
    ]

    private static let abstracts: [Entry] = [
        (
            "space galaxy nebula universe cosmos cosmic milky weltraum galaxie nebuleuse universo espacio",
            [.style(.nebula, weight: 6)]
        ),
        ("galaxy spiral galaxie galaxia", [.has(.galaxy)]),
        ("planet saturn jupiter planeta planete", [.style(.nebula, weight: 5), .has(.planet)]),
        (
            "flow flowing wind swirl swirling hair fur silk turbulence current stromung vent viento",
            [.style(.flowField, weight: 5)]
        ),
        (
            "stained mosaic glass cathedral rosette glasfenster kathedrale vitrail cathedrale vidriera catedral",
            [.style(.stainedGlass, weight: 6)]
        ),
        ("cathedral rosette kathedrale cathedrale catedral", [.has(.window)]),
        ("wave surf ripple tsunami papercut welle vague ola", [.style(.waves, weight: 5)]),
        (
            "geometric geometry bauhaus shapes circle square triangle cubist modernist tiles geometrisch geometrique geometrico",
            [.style(.geometric, weight: 6)]
        ),
        (
            "botanical plant leaf leaves fern herb ivy bouquet herbarium houseplant pflanze blatt blatter plante feuille planta hoja",
            [.style(.botanical, weight: 5)]
        ),
        ("marble marbled ink fluid liquid agate smoke oil marmor marbre marmol", [.style(.marble, weight: 5)]),
    ]

    private static let times: [Entry] = [
        ("sunset evening sonnenuntergang abend soir coucher atardecer", [.time(.sunset), .has(.sun)]),
        ("sunrise dawn morning sonnenaufgang morgen aube matin amanecer", [.time(.dawn), .has(.sun)]),
        ("dusk twilight dammerung crepuscule crepusculo", [.time(.dusk)]),
        ("night midnight nocturnal starry dark nacht nachts nuit noche", [.time(.night)]),
        ("starry starlit", [.has(.stars)]),
        ("noon day daylight midday afternoon sunny mittag tag jour midi dia mediodia", [.time(.day)]),
        ("spring april fruhling printemps primavera", [.season(.spring)]),
        ("summer sommer ete verano", [.season(.day)]),
        ("autumn fall october november herbst automne otono", [.season(.autumn)]),
        ("winter december january frozen ice icy frost arctic hiver invierno", [.season(.winter)]),
    ]

    private static let weathers: [Entry] = [
        ("rain rainy drizzle raining regen regnerisch pluie lluvia", [.style(.rain, weight: 2), .has(.rain)]),
        (
            "storm stormy thunder thunderstorm tempest sturm gewitter orage tormenta",
            [.mood(.storm), .has([.clouds, .rain])]
        ),
        ("lightning blitz eclair relampago", [.has(.lightning), .mood(.storm)]),
        ("snow snowy snowfall blizzard schnee neige nieve", [.season(.winter), .has(.snow)]),
        ("fog foggy mist misty haze hazy nebel brouillard brume niebla", [.has(.fog)]),
        ("cloud cloudy overcast wolke wolken nuage nube", [.has(.clouds)]),
        ("rainbow regenbogen iris arcoiris", [.has(.rainbow)]),
        ("aurora borealis polarlicht northern", [.time(.night), .has(.aurora)]),
    ]

    private static let things: [Entry] = [
        ("sun sonne soleil sol", [.has(.sun)]),
        ("moon moonlight moonlit mond mondlicht lune luna", [.time(.night), .has(.moon)]),
        ("star stern sterne etoile estrella", [.time(.night), .has(.stars)]),
        ("bird gull seagull swallow crow geese vogel oiseau pajaro", [.has(.birds)]),
        (
            "boat ship sail sailboat sailing yacht boot schiff bateau barco",
            [.style(.seascape, weight: 2), .has(.boats)]
        ),
        ("lighthouse leuchtturm phare faro", [.style(.seascape, weight: 4), .has(.lighthouse)]),
        ("house home cabin hut barn haus maison casa", [.style(.landscape, weight: 1), .has(.houses)]),
        ("tree oak birch baum baume arbre arbol", [.style(.landscape, weight: 1), .has(.trees)]),
        (
            "flower blossom bloom tulip poppy poppies daisy daisies sunflower lavender rose wildflower garden blume garten fleur jardin flor",
            [.style(.meadow, weight: 4), .has(.flowers)]
        ),
        ("firefly fireflies gluhwurmchen luciole", [.time(.night), .has(.fireflies)]),
        ("balloon ballon globo", [.has(.balloons), .style(.landscape, weight: 1)]),
        ("lantern lamp lights bokeh laterne lumiere luces", [.style(.rain, weight: 1)]),
    ]

    private static let moods: [Entry] = [
        ("neon cyberpunk synthwave vaporwave retrowave cyber electric", [.mood(.neon)]),
        ("candy bubblegum sweet kawaii", [.mood(.candy)]),
        ("pastel dreamy", [.mood(.pastel)]),
        ("monochrome greyscale grayscale noir bw minimalist schwarzweiss", [.mood(.monochrome)]),
        ("sepia vintage antique nostalgic", [.mood(.sepia)]),
        ("fire lava ember volcanic inferno hell flame feuer feu fuego", [.mood(.ember)]),
        ("underwater tropical caribbean", [.mood(.ocean)]),
    ]

    private static let colours: [Entry] = [
        ("red crimson scarlet rot rouge rojo", [.colour(0xD7263D)]),
        ("orange naranja", [.colour(0xF5841F)]),
        ("yellow gelb jaune amarillo", [.colour(0xF7D038)]),
        ("gold golden amber dorado", [.colour(0xE0A526)]),
        ("green emerald grun vert verde", [.colour(0x2F9E58)]),
        ("lime", [.colour(0xA4D93A)]),
        ("teal petrol", [.colour(0x12908E)]),
        ("turquoise cyan aqua turkis", [.colour(0x2CC9D3)]),
        ("blue azure blau bleu azul", [.colour(0x2A63D6)]),
        ("navy indigo", [.colour(0x2B2F83)]),
        ("purple violet lila violett morado", [.colour(0x7A3FC0)]),
        ("lavender lilac", [.colour(0xA58BDD)]),
        ("pink rosa fuchsia", [.colour(0xF06AA5)]),
        ("magenta", [.colour(0xD81FA0)]),
        ("brown braun marron", [.colour(0x7B4A2A)]),
        ("white weiss blanc blanco", [.colour(0xF2F2F0)]),
        ("black schwarz noir negro", [.colour(0x1C1C22)]),
        ("grey gray grau gris", [.colour(0x87898D)]),
        ("silver", [.colour(0xB9C2CC)]),
        ("peach coral salmon", [.colour(0xFF9A7B)]),
        ("mint", [.colour(0x9FE0BE)]),
    ]
}
