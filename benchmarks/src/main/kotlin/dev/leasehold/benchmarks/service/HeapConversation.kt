package dev.leasehold.benchmarks.service

import java.io.InputStreamReader
import java.nio.channels.Channels
import java.nio.channels.SocketChannel

/**
 * Serves one connection as one writes it on the heap: a buffered reader, a string a line, a `HashMap` by name. No straw
 * man: it splits a line once, parses numbers without a `Double`, and changes its figures in place.
 */
internal fun serveFromHeap(channel: SocketChannel) {
    val stations = HashMap<String, HeapStation>()
    InputStreamReader(
        Channels.newInputStream(channel),
        Charsets.UTF_8,
    ).buffered(64 * 1024).lineSequence().forEach { line ->
        val separator = line.indexOf(';')
        stations.getOrPut(line.substring(0, separator)) { HeapStation() }.add(tenths(line, separator + 1))
    }
    write(channel, "${stations.toSortedMap()}\n")
}

/** One station's figures as an object on the heap, temperatures in tenths of a degree. */
private class HeapStation {
    private var min = Int.MAX_VALUE
    private var max = Int.MIN_VALUE
    private var sum = 0L
    private var count = 0L

    fun add(tenths: Int) {
        if (tenths < min) min = tenths
        if (tenths > max) max = tenths
        sum += tenths
        count++
    }

    override fun toString(): String {
        val mean = Math.floorDiv(2 * sum + count, 2 * count)
        return "${min / 10.0}/${mean / 10.0}/${max / 10.0}"
    }
}

private fun tenths(line: String, from: Int): Int {
    val minus = line[from] == '-'
    var tenths = 0
    for (at in (if (minus) from + 1 else from)..<line.length) {
        if (line[at] == '.') continue
        val digit = line[at] - '0'
        require(digit in 0..9) { "'${line.substring(from)}' is no temperature" }
        tenths = 10 * tenths + digit
    }
    return if (minus) -tenths else tenths
}
