package dev.leasehold.samples.service

/** One station's figures as an object on the heap; temperatures in tenths of a degree. */
internal class HeapStation {
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

    fun add(other: HeapStation) {
        min = minOf(min, other.min)
        max = maxOf(max, other.max)
        sum += other.sum
        count += other.count
    }

    override fun toString(): String = "${text(min)}/${text(Rounding.mean(sum, count))}/${text(max)}"

    private fun text(tenths: Int): String = (tenths / 10.0).toString()

    companion object {
        /** `{name=min/mean/max, ...}`, sorted by name: what a sorted map prints anyway. */
        fun answer(stations: Map<String, HeapStation>): String = stations.toSortedMap().toString()
    }
}
