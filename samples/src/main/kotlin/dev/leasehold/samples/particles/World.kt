package dev.leasehold.samples.particles

/** Sparks and comets, frame by frame. Worlds of one size and seed show the same, however many threads move them. */
internal interface World : AutoCloseable {
    /** Lets one frame pass. */
    fun frame()

    /** How many sparks have burnt out so far, each of which another has taken the place of. */
    val burnt: Long

    /** Shows each spark, and the ashes, to [brush]. */
    fun paint(brush: Brush)
}

/** What [World.paint] paints with. */
internal interface Brush {
    /** A spark at ([x], [y]) that will glow for [glow] more frames. */
    fun dot(x: Float, y: Float, glow: Int)

    /** The ashes of so many sparks around ([x], [y]) as [amount] says. */
    fun ash(x: Float, y: Float, amount: Float)
}

/** The two ways to hold a world's things. */
internal enum class Way(val title: String, val create: (sparks: Int, seed: Long, team: Team) -> World) {
    /** In pools off the heap, named by handles. */
    POOLS("pools and handles", ::PooledWorld),

    /** As objects with references. */
    OBJECTS("plain objects", ::ObjectWorld),
}
