@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.internal.diagnostics.HtmlWriter
import dev.leasehold.memory.internal.diagnostics.ReportText
import dev.leasehold.memory.internal.diagnostics.Shown
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.store.Occupancy
import dev.leasehold.memory.internal.store.Occupancy.OfClass
import dev.leasehold.memory.internal.store.Occupancy.OfSlab

// Of all cards together.
private const val MOST_CELLS = 4000

private val HEADER = listOf("Block", "", "Bytes", "In use", "Idle")

// How many shades there are between a slab that is free and one that is full.
private const val SHADES = 4

/** A card for each of the [cards]: its blocks by size, and its slabs. */
internal fun HtmlWriter.cardsOf(cards: Shown<OwnerSnapshot>, owners: List<OwnerSnapshot>) {
    element("p", "class" to "scale", "aria-hidden" to "true") {
        text("slab: free ")
        for (shade in 0..SHADES + 1) element("i", "class" to "s$shade") {}
        text(" full")
    }
    element("div", "class" to "cards") {
        var cells = MOST_CELLS
        for (owner in cards.list) cells -= card(cards.idOf(owner)!!, owner, owner.occupancy!!, cells)
    }
    val others = owners.count { it !in cards && it.charged > 0 }
    if (others > 0) {
        val count = counted(others.toLong(), "pool or manager is", "pools and managers are")
        element("p", "class" to "none", value = "$count not drawn.")
    }
}

/** Returns how many cells it has, of at most [most]. */
private fun HtmlWriter.card(id: String, owner: OwnerSnapshot, occupancy: Occupancy, most: Int): Int {
    val slabs = occupancy.slabs.take(maxOf(0, most)).groupBy { it.blockSize }
    val leftOut = occupancy.slabsLeftOut + occupancy.slabs.size - slabs.values.sumOf { it.size }
    element("article", "id" to id) {
        element("h3") {
            element("bdi", value = owner.name)
            element("small") {
                text(" ")
                bytes(owner.charged)
                text(" · ")
                element("bdi", value = owner.budget)
            }
        }
        classes(occupancy.classes, slabs)
        val others = occupancy.otherBytes
        element("p", "class" to "none") {
            if (others > 0) text("${ReportText.bytes(others)} in runs of pages and blocks that no class has. ")
            if (leftOut > 0) text("${counted(leftOut, "slab is", "slabs are")} not drawn.")
        }
    }
    return slabs.values.sumOf { it.size }
}

private fun HtmlWriter.classes(classes: List<OfClass>, slabs: Map<Long, List<OfSlab>>) {
    val whole = maxOf(1, classes.maxOf { it.bytes })
    element("table", "class" to "classes") {
        element("thead") {
            element("tr") {
                for (head in HEADER) element("th", "scope" to "col", value = head)
            }
        }
        element("tbody") {
            for (each in classes) classRow(each, whole, slabs[each.blockSize] ?: emptyList())
        }
    }
}

private val OfClass.bytes: Long get() = (leased + idle) * blockSize

private fun HtmlWriter.classRow(of: OfClass, whole: Long, slabs: List<OfSlab>): Unit = element("tr") {
    element("th", "scope" to "row") { bytes(of.blockSize) }
    element("td") {
        val used = of.leased * of.blockSize
        val style = "--w:${share(of.bytes, whole)};--u:${share(used, maxOf(1, of.bytes))};--i:100%;--q:100%;--l:100%"
        element("i", "class" to "bar", "style" to style) {}
        if (slabs.isNotEmpty()) slabs(of, slabs)
    }
    element("td") { bytes(of.bytes) }
    element("td") { element("data", "value" to of.leased, value = ReportText.number(of.leased)) }
    element("td", "class" to if (of.idle == 0L) "zero" else null) {
        element("data", "value" to of.idle, value = ReportText.number(of.idle))
    }
}

private fun HtmlWriter.slabs(of: OfClass, slabs: List<OfSlab>) {
    val full = slabs.count { it.out == it.blocks }
    val label = "${counted(slabs.size.toLong(), "slab")} of ${ReportText.bytes(of.blockSize)} blocks, $full full"
    element("div", "class" to "cells", "role" to "img", "aria-label" to label, "data-slabs" to of.slabs) {
        for (slab in slabs) {
            element("i", "class" to "s${shade(slab)}", "title" to "${slab.out} of ${slab.blocks} out") {}
        }
    }
}

/** 0 where all blocks are in the slab, one more than [SHADES] where all are out. */
private fun shade(slab: OfSlab): Int = when (slab.out) {
    0 -> 0
    slab.blocks -> SHADES + 1
    else -> 1 + (slab.out * SHADES / slab.blocks).coerceAtMost(SHADES - 1)
}
