package dev.leasehold.samples.particles

import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.Handle
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.SmallBuffer
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.asLongs
import dev.leasehold.memory.typed.drain
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.push

internal object Vector : Struct<Vector>() {
    val x = float()
    val y = float()
}

internal object Comet : Struct<Comet>() {
    val place = struct(Vector)
    val speed = struct(Vector)
    val life = int()
}

internal object Spark : Struct<Spark>() {
    val place = struct(Vector)
    val speed = struct(Vector)
    val glow = int()

    /** The comet that it flew off: once that has burnt out, it names nothing. */
    val comet = handle()
}

/** The world off the heap: a frame makes a few objects for the threads and none for the sparks. */
internal class PooledWorld(private val count: Int, private val seed: Long, private val team: Team) : World {
    private val manager = SystemMemoryManager("sky")
    private val comets = ObjectPool("comets", Comet) { manager = this@PooledWorld.manager }
    private val sparks = ObjectPool("sparks", Spark) {
        manager = this@PooledWorld.manager
        batchSize = 1 shl 14
    }
    private val cometList = LongArray(maxOf(1, count / Rules.SPARKS_PER_COMET))

    // The handles of all sparks.
    private val list = manager.allocate(count.toLong() * Long.SIZE_BYTES)

    // What happens in a frame: where sparks burn out. All threads push, and one drains.
    private val events = SmallBuffer.ofInts(inlineCapacity = 1024)
    private val ashes = Ashes()
    private var frame = 0

    override var burnt = 0L
        private set

    init {
        for (index in cometList.indices) cometList[index] = newComet(index).bits
        team.share(count) { from, until ->
            val handles = list.keptSegment.asLongs()
            val dice = Dice(seed)
            for (index in from until until) handles[index.toLong()] = newSpark(index, dice).bits
        }
    }

    override fun frame() {
        frame++
        moveComets()
        team.share(count, ::moveSparks)
        ashes.fade()
        events.drain { cell ->
            ashes.fall(cell)
            burnt++
        }
    }

    private fun moveComets() {
        for (index in cometList.indices) {
            val handle = Handle(cometList[index])
            val comet = comets[handle]
            comet[Comet.speed / Vector.x] += (Rules.WIDTH / 2 - comet[Comet.place / Vector.x]) * Rules.PULL_OF_MIDDLE
            comet[Comet.speed / Vector.y] += (Rules.HEIGHT / 2 - comet[Comet.place / Vector.y]) * Rules.PULL_OF_MIDDLE
            comet[Comet.place / Vector.x] += comet[Comet.speed / Vector.x]
            comet[Comet.place / Vector.y] += comet[Comet.speed / Vector.y]
            comet[Comet.life]--
            if (comet[Comet.life] == 0) {
                comets.free(handle)
                cometList[index] = newComet(index).bits
            }
        }
    }

    private fun moveSparks(from: Int, until: Int) {
        val handles = list.keptSegment.asLongs()
        val dice = Dice(seed)
        for (index in from until until) {
            val handle = Handle(handles[index.toLong()])
            val spark = sparks[handle]
            var vx = spark[Spark.speed / Vector.x]
            var vy = spark[Spark.speed / Vector.y]
            val leader = spark[Spark.comet]
            if (leader in comets) {
                val comet = comets[leader]
                vx += (comet[Comet.place / Vector.x] - spark[Spark.place / Vector.x]) * Rules.PULL_OF_COMET
                vy += (comet[Comet.place / Vector.y] - spark[Spark.place / Vector.y]) * Rules.PULL_OF_COMET
            } else {
                vy += Rules.FALL
            }
            vx *= Rules.AIR
            vy *= Rules.AIR
            spark[Spark.speed / Vector.x] = vx
            spark[Spark.speed / Vector.y] = vy
            spark[Spark.place / Vector.x] += vx
            spark[Spark.place / Vector.y] += vy
            spark[Spark.glow]--
            if (spark[Spark.glow] == 0) {
                events.push(Ashes.cellAt(spark[Spark.place / Vector.x], spark[Spark.place / Vector.y]))
                sparks.free(handle)
                handles[index.toLong()] = newSpark(index, dice).bits
            }
        }
    }

    private fun newComet(index: Int): Handle {
        val dice = Dice(seed).begin(frame, -index)
        val handle = comets.allocateHandle()
        val comet = comets[handle]
        comet[Comet.place / Vector.x] = Rules.WIDTH / 2 + dice.about(Rules.WIDTH / 2)
        comet[Comet.place / Vector.y] = Rules.HEIGHT / 2 + dice.about(Rules.HEIGHT / 2)
        comet[Comet.speed / Vector.x] = dice.about(Rules.THROW)
        comet[Comet.speed / Vector.y] = dice.about(Rules.THROW)
        comet[Comet.life] = dice.between(Rules.SHORTEST_LIFE, Rules.LONGEST_LIFE)
        return handle
    }

    private fun newSpark(index: Int, dice: Dice): Handle {
        dice.begin(frame, index)
        val leader = Handle(cometList[dice.between(0, cometList.lastIndex)])
        val comet = comets[leader]
        val handle = sparks.allocateHandle()
        val spark = sparks[handle]
        spark[Spark.place / Vector.x] = comet[Comet.place / Vector.x]
        spark[Spark.place / Vector.y] = comet[Comet.place / Vector.y]
        spark[Spark.speed / Vector.x] = comet[Comet.speed / Vector.x] * Rules.DRAG + dice.near(Rules.BURST)
        spark[Spark.speed / Vector.y] = comet[Comet.speed / Vector.y] * Rules.DRAG + dice.near(Rules.BURST)
        spark[Spark.glow] = dice.between(Rules.SHORTEST_GLOW, Rules.LONGEST_GLOW)
        spark[Spark.comet] = leader
        return handle
    }

    override fun paint(brush: Brush) {
        ashes.paint(brush)
        list.keptSegment.asLongs().forEach { bits ->
            val spark = sparks[Handle(bits)]
            brush.dot(spark[Spark.place / Vector.x], spark[Spark.place / Vector.y], spark[Spark.glow])
        }
    }

    /** Everything goes back: the manager would say so if anything was left. */
    override fun close() {
        list.keptSegment.asLongs().forEach { sparks.free(Handle(it)) }
        for (bits in cometList) comets.free(Handle(bits))
        sparks.close()
        comets.close()
        list.close()
        manager.close()
    }
}
