using System.Diagnostics;
using System.Globalization;
using Glossa.Training.Optimizers;
using Glossa.Training.Parameters;

namespace Glossa.Benchmarks;

/// <summary>The optimizer's step over square matrices: AdamW and Muon, clipping's norm beside them.</summary>
internal static class OptimizerStep
{
    public static Benchmark Benchmark { get; } = new("optimizer", "milliseconds of an optimizer step: matrices width workers repetitions", Run);

    private static void Run(BenchmarkArguments arguments, Findings findings)
    {
        int width = arguments.Number("width", 512), workers = arguments.Number("workers", 2), repetitions = arguments.Number("repetitions", 20);
        findings.Line($"{Machine.Description}. Square matrices of {width}, {workers} threads; the gradients are zeroed in the same pass. Least of {repetitions} steps.");
        List<IReadOnlyList<string>> rows = [];
        foreach (int matrices in (int[])[arguments.Number("matrices", 26) / 4, arguments.Number("matrices", 26)])
        {
            foreach (OptimizerKind kind in (OptimizerKind[])[OptimizerKind.AdamW, OptimizerKind.Muon])
            {
                (double wall, double processor) = Measure(kind, matrices, width, workers, repetitions);
                rows.Add([kind.ToString(), ((long)matrices * width * width).ToString("N0", CultureInfo.InvariantCulture), wall.ToString("F2", CultureInfo.InvariantCulture), processor.ToString("F2", CultureInfo.InvariantCulture)]);
            }
        }
        findings.Table(["rule", "parameters", "ms", "processor ms, mean"], rows);
    }

    private static (double Wall, double Processor) Measure(OptimizerKind kind, int matrices, int width, int workers, int repetitions)
    {
        ParameterLayout layout = new(Enumerable.Range(0, matrices).Select(i => ($"matrix.{i}", (long[])[width, width])));
        using WorkerPool pool = new(workers);
        using Optimizer optimizer = new(layout, new OptimizerOptions { Groups = [new OptimizerGroupOptions { Kind = kind }] }, pool);
        using FloatBuffer parameters = new(layout.Length), gradients = new(layout.Length);
        SeededRandom random = new(3);
        foreach (ref float value in parameters.Span) value = (float)random.NextDouble() - 0.5f;
        using Process self = Process.GetCurrentProcess();
        double least = double.MaxValue, processor = 0;
        for (int i = -2; i < repetitions; i++)
        {
            parameters.Span.CopyTo(gradients.Span);
            self.Refresh();
            TimeSpan before = self.TotalProcessorTime;
            long began = Stopwatch.GetTimestamp();
            optimizer.Step(parameters, gradients, 1e-3f);
            double wall = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            self.Refresh();
            if (i < 0) continue;
            least = Math.Min(least, wall);
            processor += (self.TotalProcessorTime - before).TotalMilliseconds / repetitions;
        }
        return (least, processor);
    }
}
