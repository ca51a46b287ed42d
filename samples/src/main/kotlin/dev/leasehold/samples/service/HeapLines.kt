package dev.leasehold.samples.service

/** Parses lines as strings and adds them to [stations]. */
internal class HeapLines(private val stations: HashMap<String, HeapStation>) {
    /** How many lines have been taken. */
    var count: Long = 0
        private set

    /**
     * Takes one line, without its end.
     *
     * @throws LineRefusedException when it is not well-formed
     */
    fun take(line: String) {
        val separator = line.indexOf(';')
        if (separator < 0) refuse("no ';' between station and temperature")
        if (separator == 0) refuse("no station before the ';'")
        val tenths = tenths(line, separator + 1)
        val name = line.substring(0, separator)
        val station = stations[name] ?: enter(name)
        station.add(tenths)
        count++
    }

    private fun enter(name: String): HeapStation {
        if (name.toByteArray().size > LineFormat.MAX_NAME) refuse("a name of more than ${LineFormat.MAX_NAME} bytes")
        if (stations.size == LineFormat.MAX_STATIONS) refuse(LineDiagnosis.tooMany(stations.size))
        return HeapStation().also { stations[name] = it }
    }

    private fun tenths(line: String, from: Int): Int {
        val minus = from < line.length && line[from] == '-'
        val first = if (minus) from + 1 else from
        val point = line.length - 2
        if (point - first !in 1..2 || line[point] != '.') refuseTemperature(line, from)
        var tenths = 0
        for (i in first until line.length) {
            if (i == point) continue
            val digit = line[i] - '0'
            if (digit !in 0..9) refuseTemperature(line, from)
            tenths = tenths * 10 + digit
        }
        return if (minus) -tenths else tenths
    }

    private fun refuseTemperature(line: String, from: Int): Nothing =
        refuse("'${line.substring(from)}' is no temperature")

    private fun refuse(reason: String): Nothing = throw LineRefusedException(count + 1, reason)
}
