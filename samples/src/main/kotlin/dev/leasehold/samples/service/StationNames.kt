package dev.leasehold.samples.service

/**
 * Names of places that do not exist, put together from syllables: mostly short, some with blanks and hyphens, many
 * beyond ASCII, a few in other scripts or beyond U+FFFF, and one in forty near the full 100 bytes.
 */
internal object StationNames {
    /** The default number of stations: about as many as there are in the challenge's own data. */
    const val DEFAULT_COUNT: Int = 413

    private const val LONG_ONE_IN = 40
    private const val SCRIPT_ONE_IN = 12

    private val starts = words(
        "Kar Vel Øst São Lün Tör Mira Čes Nju Bel Dra Esk Fjö Gru Hvi Îl Jor Ñan Oré Pek Qas Rov Szé " +
            "Ulm Wad Yar Zhe Łom Đak An",
    )
    private val middles = words("a e i o u ar el in on ur ava ebe idi olo una ør äl ıs ész ão")
    private val ends = words("by dal ford grad holm ia ja ka lund mar nes ö pur ra stad ta um vik wa zë")
    private val tails = words("-Nord -Süd Alta Baixa Ön Hafen Pass \uD83C\uDFD4 Öar -sur-Vèle")
    private val scripts =
        words("Λευκόνη Ορμία Белозар Тихомор 青嶺町 霧島台 ནོར་གླིང ደብረሰማይ \uD800\uDF48\uD800\uDF30\uD800\uDF44 ꯃꯥꯡ ﬁord נהר")

    /** [count] different names, always the same ones. */
    fun make(count: Int): List<String> {
        val random = SplitMix(count.toLong())
        val names = LinkedHashSet<String>()
        while (names.size < count) {
            val _ = names.add(name(random))
        }
        return names.toList()
    }

    private fun name(random: SplitMix): String {
        val name = when {
            random.below(LONG_ONE_IN) == 0 -> long(random)
            random.below(SCRIPT_ONE_IN) == 0 -> "${pick(random, scripts)} ${random.below(1000)}"
            else -> short(random)
        }
        return name
    }

    private fun short(random: SplitMix): String {
        val stem = pick(random, starts) + pick(random, middles) + if (random.below(3) > 0) pick(random, ends) else ""
        if (random.below(6) > 0) return stem
        val tail = pick(random, tails)
        return if (tail.startsWith('-')) stem + tail else "$stem $tail"
    }

    private fun long(random: SplitMix): String {
        var name = short(random)
        while (true) {
            val longer = "$name ${short(random)}"
            if (longer.toByteArray().size > LineFormat.MAX_NAME) return name
            name = longer
        }
    }

    private fun pick(random: SplitMix, words: List<String>): String = words[random.below(words.size)]

    private fun words(text: String): List<String> = text.split(' ')
}
