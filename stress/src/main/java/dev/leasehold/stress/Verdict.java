package dev.leasehold.stress;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Main;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Runs jcstress with the arguments given, and judges: fails when a shipped algorithm shows an outcome that is forbidden, when a negative
 * control does not break, and when a subject was run without its other half.
 */
public final class Verdict {
    private final Map<String, List<String>> table = new TreeMap<>();
    private final List<String> faults = new ArrayList<>();

    private Verdict() {
    }

    public static void main(String[] given) throws Exception {
        String[] args = withNativeAccess(given);
        Options options = new Options(args);
        if (!options.parse()) System.exit(2);
        if (options.shouldList() || options.shouldParse()) {
            Main.main(args);
            return;
        }
        new JCStress(options).run();
        Verdict verdict = new Verdict();
        verdict.judge(results(options.getResultFile()));
        System.exit(verdict.print() ? 0 : 1);
    }

    /** Without it the forks would test the portable platform, and warn. */
    private static String[] withNativeAccess(String[] args) {
        String[] more = Arrays.copyOf(args, args.length + 2);
        more[args.length] = "-jvmArgsPrepend";
        more[args.length + 1] = "--enable-native-access=ALL-UNNAMED";
        return more;
    }

    private static Collection<TestResult> results(String file) throws IOException, ClassNotFoundException {
        InProcessCollector results = new InProcessCollector();
        DiskReadCollector disk = new DiskReadCollector(file, results);
        try {
            disk.dump();
        } finally {
            disk.close();
        }
        return results.getTestResults();
    }

    private void judge(Collection<TestResult> results) throws ClassNotFoundException {
        TreeSet<String> shipped = new TreeSet<>();
        TreeSet<String> controls = new TreeSet<>();
        for (TestResult failed : results) {
            if (failed.status() != Status.NORMAL) faults.add(failed.getName() + " did not run to its end: " + failed.status());
        }
        for (TestResult result : ReportUtils.mergedByName(results)) {
            Class<?> test = Class.forName(TestList.getInfo(result.getName()).binaryName());
            boolean control = test.isAnnotationPresent(NegativeControl.class);
            (control ? controls : shipped).add(test.getEnclosingClass().getSimpleName());
            judge(result, test.getEnclosingClass().getSimpleName() + "." + test.getSimpleName(), control);
        }
        if (table.isEmpty()) faults.add("no test has run");
        for (String subject : shipped) if (!controls.contains(subject)) faults.add(subject + " ran without its negative control");
        for (String subject : controls) if (!shipped.contains(subject)) faults.add(subject + " ran with its negative control only");
    }

    private void judge(TestResult result, String name, boolean control) {
        List<String> rows = new ArrayList<>();
        long broken = 0;
        for (GradingResult outcome : result.grading().gradingResults.values()) {
            rows.add(String.format("    %-10s %,15d  %s", outcome.id, outcome.count, outcome.expect));
            if (outcome.expect == Expect.ACCEPTABLE_INTERESTING) broken += outcome.count;
        }
        table.put(name + (control ? "  (negative control)" : ""), rows);
        if (!result.grading().isPassed) faults.add(name + " shows what is forbidden: " + result.grading().failureMessages);
        if (control && broken == 0) faults.add(name + " is a negative control and did not break; give it more time (-time, -iters)");
    }

    private boolean print() {
        table.forEach((test, rows) -> {
            System.out.println(test);
            rows.forEach(System.out::println);
        });
        faults.forEach(fault -> System.out.println("FAULT: " + fault));
        System.out.println(faults.isEmpty() ? "Verdict: all as shipped, all controls broke" : "Verdict: " + faults.size() + " faults");
        return faults.isEmpty();
    }
}
