package dev.leasehold.testing;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * Lincheck with patience. It reports an execution as hung that takes 30 seconds, and the first ones, in which it
 * rewrites classes, take so long on a machine that is busy. The setting is public to Java only.
 */
public final class Lincheck {
    private static final long PATIENCE_MILLIS = 5 * 60_000;

    private Lincheck() {}

    /** Options for a search through the interleavings of a scenario. */
    public static ModelCheckingOptions modelChecking() {
        return new ModelCheckingOptions().invocationTimeout$lincheck(PATIENCE_MILLIS);
    }

    /** Options for runs on real threads. */
    public static StressOptions stress() {
        return new StressOptions().invocationTimeout$lincheck(PATIENCE_MILLIS);
    }
}
