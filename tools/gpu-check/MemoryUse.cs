using System.Diagnostics;
using System.Globalization;

namespace Glossa.GpuCheck;

/// <summary>How much memory is in use.</summary>
internal static class MemoryUse
{
    /// <summary>MiB on the GPU as the driver's tool says, or of this process where the device is the host.</summary>
    public static double? MiB(bool gpu)
    {
        if (!gpu)
        {
            using Process self = Process.GetCurrentProcess();
            return self.WorkingSet64 / 1048576.0;
        }
        try
        {
            using Process tool = Process.Start(new ProcessStartInfo("nvidia-smi", "--query-gpu=memory.used --format=csv,noheader,nounits") { RedirectStandardOutput = true })!;
            string text = tool.StandardOutput.ReadToEnd();
            tool.WaitForExit();
            return double.TryParse(text.Split('\n')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double used) ? used : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // The tool is not there: the figure is missing from the results, and nothing else depends on it.
            return null;
        }
    }
}
