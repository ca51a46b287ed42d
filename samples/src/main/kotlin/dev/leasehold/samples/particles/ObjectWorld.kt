package dev.leasehold.samples.particles

import java.util.concurrent.ConcurrentLinkedQueue

private class VectorObject(var x: Float, var y: Float)

private class CometObject(val place: VectorObject, val speed: VectorObject, var life: Int)

private class SparkObject(val place: VectorObject, val speed: VectorObject, var glow: Int, val comet: CometObject)

private class BurntOut(val cell: Int)

/** The same world as one writes it with objects: a reference for each handle, and a queue of what happened. */
internal class ObjectWorld(private val count: Int, private val seed: Long, private val team: Team) : World {
    private val comets = ArrayList<CometObject>()
    private val sparks = arrayOfNulls<SparkObject>(count)
    private val events = ConcurrentLinkedQueue<BurntOut>()
    private val ashes = Ashes()
    private var frame = 0

    override var burnt = 0L
        private set

    init {
        repeat(maxOf(1, count / Rules.SPARKS_PER_COMET)) { comets += newComet(it) }
        team.share(count) { from, until ->
            val dice = Dice(seed)
            for (index in from until until) sparks[index] = newSpark(index, dice)
        }
    }

    override fun frame() {
        frame++
        moveComets()
        team.share(count, ::moveSparks)
        ashes.fade()
        while (true) {
            val event = events.poll() ?: break
            ashes.fall(event.cell)
            burnt++
        }
    }

    private fun moveComets() {
        for (index in comets.indices) {
            val comet = comets[index]
            comet.speed.x += (Rules.WIDTH / 2 - comet.place.x) * Rules.PULL_OF_MIDDLE
            comet.speed.y += (Rules.HEIGHT / 2 - comet.place.y) * Rules.PULL_OF_MIDDLE
            comet.place.x += comet.speed.x
            comet.place.y += comet.speed.y
            comet.life--
            if (comet.life == 0) comets[index] = newComet(index)
        }
    }

    private fun moveSparks(from: Int, until: Int) {
        val dice = Dice(seed)
        for (index in from until until) {
            val spark = sparks[index]!!
            val place = spark.place
            val speed = spark.speed
            val comet = spark.comet
            if (comet.life > 0) {
                speed.x += (comet.place.x - place.x) * Rules.PULL_OF_COMET
                speed.y += (comet.place.y - place.y) * Rules.PULL_OF_COMET
            } else {
                speed.y += Rules.FALL
            }
            speed.x *= Rules.AIR
            speed.y *= Rules.AIR
            place.x += speed.x
            place.y += speed.y
            spark.glow--
            if (spark.glow == 0) {
                events += BurntOut(Ashes.cellAt(place.x, place.y))
                sparks[index] = newSpark(index, dice)
            }
        }
    }

    private fun newComet(index: Int): CometObject {
        val dice = Dice(seed).begin(frame, -index)
        return CometObject(
            VectorObject(
                Rules.WIDTH / 2 + dice.about(Rules.WIDTH / 2),
                Rules.HEIGHT / 2 + dice.about(Rules.HEIGHT / 2),
            ),
            VectorObject(dice.about(Rules.THROW), dice.about(Rules.THROW)),
            dice.between(Rules.SHORTEST_LIFE, Rules.LONGEST_LIFE),
        )
    }

    private fun newSpark(index: Int, dice: Dice): SparkObject {
        dice.begin(frame, index)
        val comet = comets[dice.between(0, comets.lastIndex)]
        return SparkObject(
            VectorObject(comet.place.x, comet.place.y),
            VectorObject(
                comet.speed.x * Rules.DRAG + dice.near(Rules.BURST),
                comet.speed.y * Rules.DRAG + dice.near(Rules.BURST),
            ),
            dice.between(Rules.SHORTEST_GLOW, Rules.LONGEST_GLOW),
            comet,
        )
    }

    override fun paint(brush: Brush) {
        ashes.paint(brush)
        for (spark in sparks) brush.dot(spark!!.place.x, spark.place.y, spark.glow)
    }

    override fun close(): Unit = Unit
}
