package dev.leasehold.benchmarks;

import dev.leasehold.memory.typed.Struct;
import dev.leasehold.memory.typed.StructOf;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Moves particles as a Java program does: by whole records, by accessors, and by hand. */
public final class RecordParticles {
    /** One particle. */
    public record Particle(float x, float y, float z, float vx, float vy, float vz, long id) {}

    private static final StructOf<Particle> PARTICLE = Struct.of(Particle.class);
    private static final StructOf.FloatAccessor X = PARTICLE.floatAccessor("x");
    private static final StructOf.FloatAccessor Y = PARTICLE.floatAccessor("y");
    private static final StructOf.FloatAccessor Z = PARTICLE.floatAccessor("z");
    private static final StructOf.FloatAccessor VX = PARTICLE.floatAccessor("vx");
    private static final StructOf.FloatAccessor VY = PARTICLE.floatAccessor("vy");
    private static final StructOf.FloatAccessor VZ = PARTICLE.floatAccessor("vz");

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private RecordParticles() {}

    /** Reads and writes whole records. */
    public static void records(MemorySegment memory, int count) {
        for (int i = 0; i < count; i++) {
            Particle p = PARTICLE.get(memory, i);
            PARTICLE.set(memory, i, new Particle(p.x + p.vx, p.y + p.vy, p.z + p.vz, p.vx, p.vy, p.vz, p.id));
        }
    }

    /** Reads and writes all seven fields of each, as the records do. */
    public static void recordsByHand(MemorySegment memory, int count) {
        for (int i = 0; i < count; i++) {
            long at = i * 32L;
            float x = memory.get(FLOAT, at);
            float y = memory.get(FLOAT, at + 4);
            float z = memory.get(FLOAT, at + 8);
            float vx = memory.get(FLOAT, at + 12);
            float vy = memory.get(FLOAT, at + 16);
            float vz = memory.get(FLOAT, at + 20);
            long id = memory.get(LONG, at + 24);
            memory.set(FLOAT, at, x + vx);
            memory.set(FLOAT, at + 4, y + vy);
            memory.set(FLOAT, at + 8, z + vz);
            memory.set(FLOAT, at + 12, vx);
            memory.set(FLOAT, at + 16, vy);
            memory.set(FLOAT, at + 20, vz);
            memory.set(LONG, at + 24, id);
        }
    }

    /** Changes three fields through accessors. */
    public static void accessors(MemorySegment memory, int count) {
        for (int i = 0; i < count; i++) {
            X.set(memory, i, X.get(memory, i) + VX.get(memory, i));
            Y.set(memory, i, Y.get(memory, i) + VY.get(memory, i));
            Z.set(memory, i, Z.get(memory, i) + VZ.get(memory, i));
        }
    }
}
